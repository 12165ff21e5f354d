// SPDX-License-Identifier: Apache-2.0
// Permission check of one access against the rights of one page, as pure logic: run on every TLB hit and on every leaf that
// a walk finds, with the control registers as they are. Invariant: nothing else in the MMU grants an access to a translated
// page. Sources: RISC-V privileged architecture, "Addressing and memory protection"; Intel SDM volume 3, section 4.6.
`default_nettype none

module tw_perm (
  input  wire logic [3:0]                fmt_i,    // from the control registers
  input  wire logic [tw_pkg::FlagsW-1:0] flags_i,
  input  wire logic [31:0]               pkru_i,
  input  wire logic [tw_pkg::AttrW-1:0]  attr_i,   // from the request: {mxr, sum, priv, access}
  input  wire logic [tw_pkg::DataW-1:0]  page_i,   // from the TLB or the decoder: the page's rights and protection key
  output logic                           allow_o,
  output logic                           pk_o      // the protection key forbids the access (x86 error code)
);

  logic sum, mxr, user, fetch, write;
  logic r, w, x, u;
  logic allow_riscv, allow_x86, wp, pk;

  assign {mxr, sum} = attr_i[5:4];
  assign user  = tw_pkg::is_user(attr_i);
  assign fetch = tw_pkg::is_fetch(attr_i);
  assign write = tw_pkg::is_write(attr_i);

  assign r = page_i[tw_pkg::DataR];
  assign w = page_i[tw_pkg::DataW_];
  assign x = page_i[tw_pkg::DataX];
  assign u = page_i[tw_pkg::DataU];

  // RISC-V: SUM never helps a fetch, MXR never anything but a load.
  assign allow_riscv = (fetch ? x : write ? w : r || (mxr && x)) &&
                       (user ? u : !u || (sum && !fetch));

  // x86: a supervisor's write ignores W only while CR0.WP is clear; a protection key guards data accesses to user pages.
  assign wp = user || flags_i[tw_pkg::FlagWp];
  assign pk = flags_i[tw_pkg::FlagPke] && !fetch && u &&
              (pkru_i[{page_i[tw_pkg::DataPkey +: 4], 1'b0}] ||
               (pkru_i[{page_i[tw_pkg::DataPkey +: 4], 1'b1}] && write && wp));

  assign allow_x86 = (u || !user) && (w || !write || !wp) && (x || !fetch) &&
                     !(fetch && !user && u && flags_i[tw_pkg::FlagSmep]) &&
                     !(!fetch && !user && u && flags_i[tw_pkg::FlagSmap] && !sum) && !pk;

  assign allow_o = tw_pkg::fmt_x86(fmt_i) ? allow_x86 : allow_riscv;
  assign pk_o    = tw_pkg::fmt_x86(fmt_i) && pk;

endmodule

`default_nettype wire
