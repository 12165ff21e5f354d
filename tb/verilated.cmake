# SPDX-License-Identifier: Apache-2.0
# How an RTL becomes C++: the Verilated code of one configuration and the shim on it, and Verilator's run-time code. Used
# by CMakeLists.txt for the named configurations and by demand/ for one from a file. Invariant: both are compiled alike.
#   TW_RTL_DIR      the folder the RTL comes from: a patched copy for mutation runs, a netlist
#   TW_RTL_OPT      optimisation of what runs in each cycle, Verilator's run-time code included, and of the rest of it
#   TW_RTL_ASSERT   whether the RTL's own assertions are checked
#   TW_RTL_FOREIGN  the RTL is not ours: it has the pins of the contract and the size of the configuration it is built for,
#                   but need not have parameters, a debug view or our style
set(TW_RTL_DIR ${CMAKE_CURRENT_LIST_DIR}/../rtl CACHE PATH "Folder of the RTL sources and their filelist.f")
set(TW_RTL_OPT -O2 -O0 CACHE STRING "Optimisation of Verilated code: what runs in each cycle, and the rest")
option(TW_RTL_ASSERT "The RTL's assertions are checked" ON)
option(TW_RTL_FOREIGN "The RTL in TW_RTL_DIR is not ours" OFF)
set(TW_TB_DIR ${CMAKE_CURRENT_LIST_DIR})

# filelist.f: one source per line; all are in the folder itself. lint.vlt holds lint waivers, public.vlt names the arrays
# that the shim reads; RTL that is not ours may lack both. Names are relative to the folder that is configured, where
# Verilator runs: they go into the Verilated code's messages. Sets SOURCES, and DIR to the RTL's folder.
function(tw_rtl_sources sources dir)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${TW_RTL_DIR}/filelist.f)
  file(STRINGS ${TW_RTL_DIR}/filelist.f lines REGEX "^[^/#+-]")
  file(RELATIVE_PATH rtl ${CMAKE_CURRENT_SOURCE_DIR} ${TW_RTL_DIR})
  set(list)
  foreach(file lint.vlt public.vlt)
    if(NOT TW_RTL_FOREIGN OR EXISTS ${TW_RTL_DIR}/${file})
      list(APPEND list ${rtl}/${file})
    endif()
  endforeach()
  foreach(line IN LISTS lines)
    string(STRIP "${line}" line)
    get_filename_component(line ${line} NAME)
    list(APPEND list ${rtl}/${line})
  endforeach()
  set(${sources} ${list} PARENT_SCOPE)
  set(${dir} ${rtl} PARENT_SCOPE)
endfunction()

# tw_verilate(TARGET NAME PARAMETER...): adds the Verilated code of the configuration NAME, whose parameters are arguments
# of Verilator, to TARGET, and makes the object library tw_rtl_shim_NAME, the functions of rtl.h on it.
function(tw_verilate target name)
  set(args --cc -O3 --trace-fst --savable --x-assign unique --x-initial unique)
  if(TW_RTL_ASSERT)
    list(APPEND args --assert -DTW_ASSERT)
  endif()
  if(TW_RTL_FOREIGN)
    list(APPEND args -Wno-lint -Wno-style -Wno-fatal)
  else()
    list(APPEND args -Wall ${ARGN})
  endif()
  tw_rtl_sources(sources rtl)
  file(GLOB headers CONFIGURE_DEPENDS ${TW_RTL_DIR}/*.svh)
  set(prefix Vtw_mmu_${name})
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/${prefix}.dir)
  add_custom_command(
    OUTPUT ${dir}/fast.cpp ${dir}/slow.cpp ${dir}/${prefix}.h ${dir}/${prefix}___024root.h
    COMMAND ${TW_TB_DIR}/verilate.sh ${dir} ${prefix} ${VERILATOR_BIN} ${args} --top-module tw_mmu -I${rtl} ${sources}
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    DEPENDS ${sources} ${headers} ${TW_TB_DIR}/verilate.sh ${VERILATOR_BIN}
    COMMENT "Verilating ${name}"
    VERBATIM)
  add_custom_target(tw_verilate_${name} DEPENDS ${dir}/fast.cpp)
  add_dependencies(${target} tw_verilate_${name})
  target_sources(${target} PRIVATE ${dir}/fast.cpp ${dir}/slow.cpp)
  list(GET TW_RTL_OPT 0 fast)
  list(GET TW_RTL_OPT -1 slow)
  set_source_files_properties(${dir}/fast.cpp PROPERTIES COMPILE_OPTIONS "${fast};-g0")
  set_source_files_properties(${dir}/slow.cpp PROPERTIES COMPILE_OPTIONS "${slow};-g0")

  # The shim is ours: it gets our warnings, Verilator's headers do not.
  add_library(tw_rtl_shim_${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/tw_rtl_shim_${name}.cpp)
  add_dependencies(tw_rtl_shim_${name} tw_verilate_${name})
  set(TW_RTL_NAME ${name})
  configure_file(${TW_TB_DIR}/tw_rtl_shim.cpp.in tw_rtl_shim_${name}.cpp @ONLY)
  target_include_directories(tw_rtl_shim_${name} PRIVATE ${TW_TB_DIR})
  target_include_directories(tw_rtl_shim_${name} SYSTEM PRIVATE ${dir})
  target_compile_definitions(tw_rtl_shim_${name} PRIVATE TW_RTL_FOREIGN=$<BOOL:${TW_RTL_FOREIGN}>)
  target_link_libraries(tw_rtl_shim_${name} PRIVATE tw_flags tw_verilator)
endfunction()

# What is compiled with Verilator's headers.
add_library(tw_verilator INTERFACE)
target_include_directories(tw_verilator SYSTEM INTERFACE ${VERILATOR_ROOT}/include ${VERILATOR_ROOT}/include/vltstd)
target_compile_definitions(tw_verilator INTERFACE VM_TRACE=1 VM_TRACE_FST=1 VM_TRACE_VCD=0 VM_COVERAGE=0 VM_SC=0)

# tw_rtl_runtime(TARGET): makes Verilator's run-time code part of TARGET, with what it needs of us. What it prints, failed
# assertions that is, goes to the instance; the writer of waveforms that it brings does its input and output through wave_io.h.
function(tw_rtl_runtime target)
  list(GET TW_RTL_OPT 0 fast)
  foreach(part verilated verilated_dpi verilated_save verilated_fst_c verilated_threads)
    target_sources(${target} PRIVATE ${VERILATOR_ROOT}/include/${part}.cpp)
    set_source_files_properties(${VERILATOR_ROOT}/include/${part}.cpp PROPERTIES COMPILE_OPTIONS "${fast};-g0")
  endforeach()
  target_link_libraries(${target} PRIVATE tw_verilator PUBLIC PkgConfig::ZLIB -pthread -latomic)
  add_library(tw_wave_io OBJECT ${TW_TB_DIR}/rtl_context.cpp ${TW_TB_DIR}/wave_io.cpp)
  target_link_libraries(tw_wave_io PRIVATE tw_flags tw_verilator)
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:tw_wave_io>)
  set_property(
    SOURCE ${VERILATOR_ROOT}/include/verilated.cpp
    APPEND PROPERTY COMPILE_OPTIONS -DVL_PRINTF=tw_rtl_say -include ${TW_TB_DIR}/rtl_context.h)
  set_property(
    SOURCE ${VERILATOR_ROOT}/include/verilated_fst_c.cpp
    APPEND PROPERTY COMPILE_OPTIONS -DTW_WAVE_REDIRECT -include ${TW_TB_DIR}/wave_io.h)
endfunction()
