import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// The layers, top to bottom (ARCHITECTURE.md). A file may import from its own layer and from those below it.
const layers = [
  'extension',
  'cli',
  'client',
  'trainer',
  'privacy',
  'sample',
  'recognition',
  'inference',
  'training',
  'report',
  'faces',
  'export',
  'engine',
  'quantization',
  'weights',
  'tensorflow',
  'recognizers',
  'runs',
  'dataset',
  'graph',
  'platform',
  'evaluation',
  'core',
  'protocol',
];
// The extension host and the command line reach the trainer through its process, never by import. Of what lies below the client
// they use what gets weights and TensorFlow and what reads run folders and recognizers.
const apartFromTrainer = [
  'trainer',
  'privacy',
  'sample',
  'recognition',
  'inference',
  'training',
  'faces',
  'export',
  'engine',
  'quantization',
  'dataset',
  'graph',
];
const neverBelow = {
  extension: ['cli', ...apartFromTrainer],
  client: apartFromTrainer,
  cli: apartFromTrainer,
};
const pure = ['core', 'protocol', 'evaluation', 'graph'];
const heavy = ['@tensorflow/*', '@tensorflow/*/**', 'sharp', '@napi-rs/image', 'onnxruntime-node'];

const folder = (name) => ({
  regex: `(^|/)${name}/`,
  message: 'This layer may not be imported here: see ARCHITECTURE.md.',
});
const wall = (layer) => {
  const above = layers.slice(0, layers.indexOf(layer));
  const forbidden = [...above, ...(neverBelow[layer] ?? [])].map(folder);
  const packages = [
    ...(layer === 'extension' ? [] : ['vscode']),
    ...(pure.includes(layer) ? ['node:*', ...heavy] : []),
    ...(['extension', 'client', 'cli'].includes(layer) ? heavy : []),
  ];
  return {
    files: [`src/${layer}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...forbidden,
            ...(packages.length ? [{ group: packages, message: 'Not available in this layer.' }] : []),
          ],
        },
      ],
    },
  };
};

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'artifacts', '.vscode-test', '.face-trainer'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['tsconfig.json', 'webview/tsconfig.json', 'test/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // Typed arrays are indexed inside proven bounds all over the numeric code.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // tfjs-node declares its plain attribute records as a class that it never constructs.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      eqeqeq: 'error',
    },
  },
  ...layers.map(wall),
  {
    files: ['webview/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*', 'vscode', ...heavy], message: 'The webview has neither Node nor an engine.' },
            {
              regex: '/src/(?!core/|evaluation/|protocol/)',
              message: 'The webview shares only src/core, src/evaluation and src/protocol.',
            },
          ],
        },
      ],
    },
  },
  {
    // Inside VS Code's own test host the suite uses its API.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-expressions': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'Program > ExpressionStatement > CallExpression[callee.name=/^(before|after|use)/]',
          message: 'A hook outside of a suite runs for the tests of every file.',
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        require: 'readonly',
        module: 'writable',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
      },
    },
  },
);
