import type * as aws from "@pulumi/aws";
import { getProject, getStack, output, type Input, type Resource } from "@pulumi/pulumi";

// @pulumi/aws takes a second or more to load, so it is loaded here, when something of it is made, and one
// service at a time.
/* eslint-disable @typescript-eslint/no-require-imports */
const eks = () => require("@pulumi/aws/eks") as typeof aws.eks;
const iam = () => require("@pulumi/aws/iam") as typeof aws.iam;
const kms = () => require("@pulumi/aws/kms") as typeof aws.kms;
/* eslint-enable @typescript-eslint/no-require-imports */

const MANAGED_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy";
const SERVICE_ACCOUNT = "ebs-csi-controller-sa";

/** Tag of the keys that a stack has made, in this life or an earlier one. */
const KEY_TAG = "stateful:volumes-of";

/** The keys that the driver's role may use: the one that was given, or all that the stack has made. */
export type UsableKeys = { arn: Input<string> } | { madeFor: string };

/** A key for EBS volumes. It outlives the stack: without it, the volumes that it encrypted are lost. */
export function createKmsKey(name: string, parent: Resource): aws.kms.Key {
  const key = new (kms().Key)(
    `${name}-key`,
    {
      description: `EBS volumes of ${name}`,
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      tags: { [KEY_TAG]: keyOwner(name) },
    },
    { parent, retainOnDelete: true },
  );
  new (kms().Alias)(`${name}-key-alias`, { targetKeyId: key.keyId }, { parent, protect: false });
  return key;
}

function keyOwner(name: string): string {
  return `${getProject()}/${getStack()}/${name}`;
}

/**
 * The EKS add-on `aws-ebs-csi-driver`, with an IAM role that its controller takes by Pod Identity.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html
 */
export function installCsiDriver(
  name: string,
  args: { clusterName?: string; addonVersion?: string; usableKeys?: UsableKeys },
  parent: Resource,
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
  const policies: Resource[] = [
    new (iam().RolePolicyAttachment)(
      `${name}-csi-policy`,
      { role: role.name, policyArn: MANAGED_POLICY },
      { parent },
    ),
  ];
  if (args.usableKeys !== undefined) {
    policies.push(
      new (iam().RolePolicy)(
        `${name}-csi-key-policy`,
        { role: role.name, policy: output(useOfKeys(args.usableKeys)).apply(JSON.stringify) },
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

/**
 * What the driver's role may do with the keys: encrypt with them, and hand them to the EC2 service by a grant.
 *
 * Keys of the stack's own are told by their tag: `destroy` leaves the key of the volumes that it leaves, the
 * next life of the stack makes another, and volumes of both must be usable.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html
 */
function useOfKeys(keys: UsableKeys): object {
  const [resource, tagged] =
    "arn" in keys
      ? [keys.arn, {}]
      : [
          "arn:aws:kms:*:*:key/*",
          { StringEquals: { [`aws:ResourceTag/${KEY_TAG}`]: keyOwner(keys.madeFor) } },
        ];
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
        Resource: resource,
        Condition: { ...tagged, Bool: { "kms:GrantIsForAWSResource": "true" } },
      },
      {
        Effect: "Allow",
        Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        Resource: resource,
        ...("arn" in keys ? {} : { Condition: tagged }),
      },
    ],
  };
}
