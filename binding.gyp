{
  # Used by scripts/install.cjs where no binary fits; native/CMakeLists.txt builds the same sources for cmake-js.
  "targets": [{
    "target_name": "venuewire",
    "sources": ["<!@(node native/sources.cjs core io feed binding)"],
    "include_dirs": ["native", "<!(node -p \"require('node-addon-api').include_dir\")"],
    "defines": ["NAPI_VERSION=8", "NAPI_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
    "cflags!": ["-fno-exceptions"],
    "cflags_cc!": ["-std=gnu++17", "-fno-exceptions"],
    "cflags_cc": ["-std=c++20", "-O3", "-fno-tree-slp-vectorize", "-fvisibility=hidden", "-fexceptions", "-fno-rtti", "-Wall", "-Wextra",
                  "<!@(node -p \"require('fs').readFileSync('native/warnings.txt', 'utf8')\")",
                  # Of the headers of others nothing is shown.
                  "-isystem <(node_root_dir)/include/node",
                  "-isystem <!(node -p \"require('path').resolve(require('node-addon-api').include_dir)\")",
                  "-fstack-protector-strong", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"],
    "ldflags": ["-Wl,-z,relro,-z,now,-z,noexecstack"],
    "conditions": [
      ["target_arch=='x64'", {"cflags_cc": ["-march=x86-64-v2"]}],
      ["OS=='mac'", {"xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
        "CLANG_CXX_LIBRARY": "libc++",
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "GCC_ENABLE_CPP_RTTI": "NO",
        "GCC_OPTIMIZATION_LEVEL": "3",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0"
      }}]
    ]
  }]
}
