import tseslint from 'typescript-eslint'

// What the compiler does not say. Who may import whom is in .dependency-cruiser.js, layout is prettier's.
export default tseslint.config(
  {ignores: ['dist/', 'coverage/', 'node_modules/', 'test/**/fixtures/', 'test/testbed/go/']},
  {linterOptions: {reportUnusedDisableDirectives: 'error'}},
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {parserOptions: {project: './tsconfig.json', tsconfigRootDir: import.meta.dirname}},
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {from: 'package', name: ['test', 'describe', 'it', 'suite'], package: 'node:test'},
          ],
        },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', {fixStyle: 'separate-type-imports'}],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', {considerDefaultExhaustiveForUnions: true}],
      // A number in a message is no mistake.
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true, allowBoolean: true}],
      // A function that has to return a promise need not wait for anything.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always', {null: 'ignore'}],
      '@typescript-eslint/no-unused-vars': ['error', {argsIgnorePattern: '^_', varsIgnorePattern: '^_'}],
      // A method that does not use `this` may be handed over.
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-globals': ['error', {name: '__dirname', message: 'Use import.meta.dirname.'}],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-console': ['error'],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Name it: a default export is renamed at every import. Only a loader may want one.',
        },
      ],
    },
  },
  {
    // The registries load these.
    files: ['src/vet/rules/*/*.ts', 'src/stages/*/*.ts'],
    rules: {'no-restricted-syntax': 'off'},
  },
  {
    // mesh, vet and stages are values in, values out (docs/architecture.md).
    files: ['src/mesh/**/*.ts', 'src/vet/**/*.ts', 'src/changes/diff.ts', 'src/changes/blast-radius.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(node:)?(fs|child_process|http|https|net|os|readline)(/|$)',
              message:
                'This part is pure: read at the ends, in objects, cluster or a flow, and pass values in.',
            },
          ],
        },
      ],
      'no-restricted-properties': [
        'error',
        {object: 'process', property: 'env', message: 'This part is pure: pass the value in.'},
        {
          object: 'Date',
          property: 'now',
          message: 'This part is pure: the same objects give the same answers.',
        },
        {
          object: 'Math',
          property: 'random',
          message: 'This part is pure: the same objects give the same answers.',
        },
      ],
    },
  },
  {
    // What a test expects, it may assert; what comes back from JSON.parse, it may look into.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
)
