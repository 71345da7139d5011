"""A database and an application that uses it."""

import pulumi
import pulumi_stateful as stateful

orders = stateful.MySql(
    "orders",
    namespace="shop",
    storage="20Gi",
    replicas=3,
    durability=stateful.Durability.ALL,
    settings={"max_connections": "500"},
    labels={"team": "payments"},
)

stateful.StatelessApp(
    "web",
    namespace="shop",
    image="registry.example.com/shop:1",
    port=8080,
    # Hosts, user, the Secrets of the password and of the authority: the application verifies the server by it.
    connection=orders.connection,
)

pulumi.export("host", orders.primary_host)
pulumi.export("secretName", orders.secret_name)
