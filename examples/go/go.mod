module shop

go 1.24

require (
	example.com/pulumi-stateful/sdk/go v0.1.0
	github.com/pulumi/pulumi/sdk/v3 v3.206.0
)

// Where `pulumi package add ../../components` makes the SDK.
replace example.com/pulumi-stateful/sdk/go => ./sdks/stateful
