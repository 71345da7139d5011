// A database and an application that uses it.
package main

import (
	"example.com/pulumi-stateful/sdk/go/stateful"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		orders, err := stateful.NewMySql(ctx, "orders", &stateful.MySqlArgs{
			Namespace: pulumi.String("shop"),
			Storage:   pulumi.StringRef("20Gi"),
			Replicas:  pulumi.Float64Ref(3),
			Settings:  map[string]string{"max_connections": "500"},
			Labels:    map[string]pulumi.StringInput{"team": pulumi.String("payments")},
		})
		if err != nil {
			return err
		}
		_, err = stateful.NewStatelessApp(ctx, "web", &stateful.StatelessAppArgs{
			Namespace: pulumi.String("shop"),
			Image:     pulumi.String("registry.example.com/shop:1"),
			Port:      pulumi.Float64Ref(8080),
			// Hosts, user, the Secrets of the password and of the authority: the application verifies the server by it.
			Connection: orders.Connection,
		})
		if err != nil {
			return err
		}
		ctx.Export("host", orders.PrimaryHost)
		ctx.Export("secretName", orders.SecretName)
		return nil
	})
}
