import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { output } from "@pulumi/pulumi";

// @pulumi/aws takes a second or more to load, so it is loaded here, when something of it is made, and one
// service at a time.
/* eslint-disable @typescript-eslint/no-require-imports */
const eks = () => require("@pulumi/aws/eks") as typeof aws.eks;
const iam = () => require("@pulumi/aws/iam") as typeof aws.iam;
const kms = () => require("@pulumi/aws/kms") as typeof aws.kms;
/* eslint-enable @typescript-eslint/no-require-imports */

const MANAGED_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy";
const SERVICE_ACCOUNT = "ebs-csi-controller-sa";

/** A key for EBS volumes. It outlives the stack: without it, the volumes that it encrypted are lost. */
export function createKmsKey(name: string, parent: pulumi.Resource): aws.kms.Key {
  const key = new (kms().Key)(
    `${name}-key`,
    {
      description: `EBS volumes of ${name}`,
      enableKeyRotation: true,
      deletionWindowInDays: 30,
    },
    { parent, retainOnDelete: true },
  );
  new (kms().Alias)(`${name}-key-alias`, { targetKeyId: key.keyId }, { parent, protect: false });
  return key;
}

/**
 * The EKS add-on `aws-ebs-csi-driver`, with an IAM role that its controller takes by Pod Identity.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html
 */
export function installCsiDriver(
  name: string,
  args: { clusterName?: string; addonVersion?: string; kmsKeyArn?: pulumi.Input<string> },
  parent: pulumi.Resource,
): aws.eks.Addon {
  const role = new (iam().Role)(
    `${name}-csi-role`,
    {
      description: `EBS CSI driver of the EKS cluster ${args.clusterName ?? ""}`,
      assumeRolePolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "pods.eks.amazonaws.com" },
            Action: ["sts:AssumeRole", "sts:TagSession"],
          },
        ],
      }),
    },
    { parent },
  );
  const policies: pulumi.Resource[] = [
    new (iam().RolePolicyAttachment)(
      `${name}-csi-policy`,
      { role: role.name, policyArn: MANAGED_POLICY },
      { parent },
    ),
  ];
  if (args.kmsKeyArn !== undefined) {
    policies.push(
      new (iam().RolePolicy)(
        `${name}-csi-key-policy`,
        { role: role.name, policy: output(args.kmsKeyArn).apply(useOfKey) },
        { parent },
      ),
    );
  }
  return new (eks().Addon)(
    `${name}-csi-driver`,
    {
      clusterName: args.clusterName ?? "",
      addonName: "aws-ebs-csi-driver",
      addonVersion: args.addonVersion,
      resolveConflictsOnCreate: "OVERWRITE",
      resolveConflictsOnUpdate: "PRESERVE",
      podIdentityAssociations: [{ roleArn: role.arn, serviceAccount: SERVICE_ACCOUNT }],
    },
    { parent, dependsOn: policies },
  );
}

/** What the driver's role may do with the key: encrypt with it, and hand it to the EC2 service by a grant. */
function useOfKey(arn: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
        Resource: arn,
        Condition: { Bool: { "kms:GrantIsForAWSResource": "true" } },
      },
      {
        Effect: "Allow",
        Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        Resource: arn,
      },
    ],
  });
}
