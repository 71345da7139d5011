"""Runs statements, a line each, at one member: shell.py HOST USER, the password in PASSWORD. Prints rows, their columns apart by tabs."""
import glob, os, sys

# The official image has the driver in an archive of its own.
for archive in glob.glob("/opt/cassandra/lib/cassandra-driver-internal-only-*.zip"):
    version = archive.rsplit("-", 1)[1].removesuffix(".zip")
    sys.path.insert(0, f"{archive}/cassandra-driver-{version}")

from cassandra import ConsistencyLevel, DriverException, OperationTimedOut, Timeout
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, ExecutionProfile, EXEC_PROFILE_DEFAULT, NoHostAvailable
from cassandra.policies import WhiteListRoundRobinPolicy

host, user = sys.argv[1:3]
# The driver's own limits, 2 to 10 s, are of a server that has processors to itself.
PATIENCE_SECONDS = 60
profile = ExecutionProfile(
    load_balancing_policy=WhiteListRoundRobinPolicy([host]),
    consistency_level=ConsistencyLevel.LOCAL_QUORUM,
    request_timeout=PATIENCE_SECONDS,
)


def answer(session, statement, attempts=5):
    """All that is run here may be run again, as drivers do with what is idempotent."""
    for left in reversed(range(attempts)):
        try:
            return session.execute(statement)
        except (Timeout, OperationTimedOut):
            if left == 0:
                raise


cluster = Cluster(
    [host],
    auth_provider=PlainTextAuthProvider(user, os.environ["PASSWORD"]),
    execution_profiles={EXEC_PROFILE_DEFAULT: profile},
    protocol_version=5,
    connect_timeout=PATIENCE_SECONDS,
    control_connection_timeout=PATIENCE_SECONDS,
)
try:
    session = cluster.connect()
    session.default_fetch_size = 100000
    for statement in filter(None, map(str.strip, sys.stdin)):
        try:
            for row in answer(session, statement):
                print("\t".join(str(column) for column in row))
        except (DriverException, NoHostAvailable) as error:
            print(f"{type(error).__name__} {error}")
except NoHostAvailable as error:
    sys.exit(f"NoHostAvailable {error.errors}")
finally:
    cluster.shutdown()
