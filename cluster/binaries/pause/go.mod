// The first process of each pod: holds the pod's namespaces open and buries its orphans.
module stateful.test/cluster/pause

go 1.24.0
