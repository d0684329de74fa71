{
  # Used by `npm install` from source and by prebuildify; native/CMakeLists.txt builds the same sources for cmake-js.
  "targets": [{
    "target_name": "venuewire",
    "sources": ["<!@(node native/sources.cjs core io feed binding)"],
    "include_dirs": ["native", "<!(node -p \"require('node-addon-api').include_dir\")"],
    "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS"],
    "cflags_cc!": ["-std=gnu++17"],
    "cflags_cc": ["-std=c++20", "-O3", "-fvisibility=hidden", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra"],
    "conditions": [["target_arch=='x64'", {"cflags_cc": ["-march=x86-64-v2"]}]]
  }]
}
