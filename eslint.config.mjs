import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "node_modules/",
      ".cluster/",
      "coverage/",
      "dist/",
      "dist-site/",
      "manifests/",
      "docs/reference/",
      "**/dist/",
      "template/",
      "test/package/programs/",
    ],
  },
  {
    files: ["**/*.{ts,mts}"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // A component is created for its effect: `new Service(...)` alone is the normal form.
      "no-new": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      // index.ts has `export =`, as Pulumi wants it.
      "@typescript-eslint/no-require-imports": ["error", { allowAsImport: true }],
      "max-lines": ["warn", { max: 320, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ["agent/**/*.ts", "operate/**/*.ts", "components/**/*.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        {
          object: "Date",
          property: "now",
          message: "The time of day may be set at any moment: measure durations by performance.now().",
        },
      ],
    },
  },
  {
    files: ["test/**/*.ts", "cluster/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
);
