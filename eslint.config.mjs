// The packages are in .odoo/, where script/bootstrap installs them.
import {createRequire} from "node:module";

const require = createRequire(new URL("./.odoo/node/package.json", import.meta.url));
const js = require("@eslint/js");
const globals = require("globals");

export default [
  {ignores: [".odoo/**", "**/static/lib/**", "**/static/src/lib/**"]},
  js.configs.recommended,
  {
    files: ["**/*.js"],
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: "module",
      globals: {
        ...globals.browser,
        luxon: "readonly",
        odoo: "readonly",
        owl: "readonly",
      },
    },
    rules: {
      "array-callback-return": "error",
      complexity: ["error", 15],
      "dot-notation": "error",
      eqeqeq: ["error", "always", {null: "ignore"}],
      "no-alert": "error",
      "no-caller": "error",
      "no-console": "error",
      "no-duplicate-imports": "error",
      "no-else-return": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-lonely-if": "error",
      "no-shadow": "error",
      "no-throw-literal": "error",
      "no-unneeded-ternary": "error",
      "no-useless-concat": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "operator-assignment": "error",
      "prefer-const": "error",
      radix: "error",
      yoda: "error",
    },
  },
  {
    files: ["*.mjs"],
    languageOptions: {globals: globals.node},
  },
];
