{
  # One static library for each instruction set, and the addon that picks one of them when it is loaded.
  'variables': {
    'warnings': ['-Wall', '-Wextra', '-Wno-maybe-uninitialized', '-Wno-unknown-warning-option'],
    'arch_is_x64%': '<(target_arch)',
  },
  'target_defaults': {
    'include_dirs': ['<!(node -p "require(\'node-api-headers\').include_dir")'],
    'cflags!': ['-fno-omit-frame-pointer', '-O2'],
    'cflags': ['<@(warnings)', '-O3'],
    # No contraction: what is fused is written as fma, so that every compiler rounds alike.
    'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-fno-exceptions'],
    'cflags_cc': ['-std=c++17', '-ffp-contract=off', '-fno-math-errno', '-fvisibility=hidden', '-fPIC'],
    'xcode_settings': {
      'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
      'GCC_ENABLE_CPP_EXCEPTIONS': 'YES',
      'GCC_OPTIMIZATION_LEVEL': '3',
      'MACOSX_DEPLOYMENT_TARGET': '11.0',
      'OTHER_CPLUSPLUSFLAGS': ['-ffp-contract=off', '-fno-math-errno', '-fvisibility=hidden'],
    },
    # The kernels are written for GCC and Clang; on Windows that is clang-cl.
    'msbuild_toolset': 'ClangCL',
    'msvs_settings': {
      'VCCLCompilerTool': {
        'ExceptionHandling': 1,
        'AdditionalOptions': ['/std:c++17', '/clang:-O3', '/clang:-ffp-contract=off', '/clang:-fno-math-errno'],
      },
    },
  },
  'targets': [
    {
      'target_name': 'kernels_baseline',
      'type': 'static_library',
      'sources': ['src/kernels_baseline.cc'],
    },
    {
      'target_name': 'face_trainer',
      'sources': ['src/addon.cc', 'src/session.cc', 'src/session_plan.cc', 'src/session_quantization.cc', 'src/session_integers.cc', 'src/session_bind.cc', 'src/session_bind_values.cc', 'src/session_run.cc', '<!@(node -p "require(\'fs\').readdirSync(\'src\').filter(name => /^loss.*\\.cc$/.test(name)).map(name => \'src/\' + name).join(\' \')")', 'src/pool.cc', 'src/cpu.cc'],
      'dependencies': ['kernels_baseline'],
      'conditions': [
        ['target_arch=="x64"', {'dependencies': ['kernels_avx2', 'kernels_avx512']}],
      ],
    },
  ],
  'conditions': [
    ['target_arch=="x64"', {
      'targets': [
        {
          'target_name': 'kernels_avx2',
          'type': 'static_library',
          'sources': ['src/kernels_avx2.cc'],
          'cflags_cc': ['-mavx2', '-mfma'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['-mavx2', '-mfma']},
          'msvs_settings': {'VCCLCompilerTool': {'AdditionalOptions': ['/clang:-mavx2', '/clang:-mfma']}},
        },
        {
          'target_name': 'kernels_avx512',
          'type': 'static_library',
          'sources': ['src/kernels_avx512.cc'],
          'cflags_cc': ['-mavx512f', '-mprefer-vector-width=512'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['-mavx512f', '-mprefer-vector-width=512']},
          'msvs_settings': {'VCCLCompilerTool': {'AdditionalOptions': ['/clang:-mavx512f']}},
        },
      ],
    }],
  ],
}
