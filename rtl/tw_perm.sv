// SPDX-License-Identifier: Apache-2.0
// Permission check of one access against the rights of one page, as pure logic: run on every TLB hit and on every leaf
// that a walk finds, with the control registers as they are. Invariant: nothing else in the MMU grants an access to a
// translated page. Sources: RISC-V privileged architecture, "Addressing and memory protection"; Intel SDM volume 3,
// section 4.6.
`include "tw_assert.svh"
`default_nettype none

module tw_perm (
  input  wire logic                      check_i,  // from the user: there is a page to check, else nothing is allowed
  input  wire logic [3:0]                fmt_i,    // from the control registers
  input  wire logic [tw_pkg::FlagsW-1:0] flags_i,
  input  wire logic [31:0]               pkru_i,
  input  wire logic [tw_pkg::AttrW-1:0]  attr_i,   // from the request: {mxr, sum, priv, access}
  input  wire logic [3:0]                rights_i, // from the TLB or the decoder: the page's {R, W, X, U}
  input  wire logic [3:0]                pkey_i,   // the page's protection key
  output logic                           allow_o,
  output logic                           pk_o      // the protection key forbids the access (x86 error code)
);

  logic sum, mxr, user, fetch, write, wp, r, w, x, u;

  assign {mxr, sum} = attr_i[5:4];
  assign user  = tw_pkg::is_user(attr_i);
  assign fetch = tw_pkg::is_fetch(attr_i);
  assign write = tw_pkg::is_write(attr_i);

  assign {r, w, x, u} = rights_i;

  // x86: a supervisor's write minds W, and a key's write-disable bit, only while CR0.WP is set.
  assign wp = user || flags_i[tw_pkg::FlagWp];

  // x86: a protection key guards data accesses to user pages.
  always @* begin
    pk_o = 1'b0;
    if (check_i && tw_pkg::fmt_x86(fmt_i) && flags_i[tw_pkg::FlagPke] && !fetch && u)
      pk_o = pkru_i[{pkey_i, 1'b0}] || (pkru_i[{pkey_i, 1'b1}] && write && wp);
  end

  always @* begin
    allow_o = 1'b0;
    if (check_i) begin
      if (!tw_pkg::fmt_x86(fmt_i)) begin
        // RISC-V: SUM never helps a fetch, MXR never anything but a load.
        allow_o = (fetch ? x : write ? w : r || (mxr && x)) && (user ? u : !u || (sum && !fetch));
      end else if (fetch) begin
        allow_o = x && (user ? u : !(u && flags_i[tw_pkg::FlagSmep]));
      end else begin
        allow_o = (w || !write || !wp) && (user ? u : !(u && flags_i[tw_pkg::FlagSmap] && !sum)) && !pk_o;
      end
    end
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  // Without a page nothing is allowed.
  `TW_TRUE(!check_i, !allow_o && !pk_o)

  // A user touches no supervisor page.
  `TW_TRUE(user && !u, !allow_o)

  // A fetch needs X.
  `TW_TRUE(fetch && !x, !allow_o)

  // A user's write needs W.
  `TW_TRUE(user && write && !w, !allow_o)

  // RISC-V: a supervisor's write needs W too, and no supervisor fetches from a user page.
  `TW_TRUE(!tw_pkg::fmt_x86(fmt_i) && write && !w, !allow_o)
  `TW_TRUE(!tw_pkg::fmt_x86(fmt_i) && !user && fetch && u, !allow_o)

  // What the protection key forbids is forbidden.
  `TW_TRUE(pk_o, !allow_o)

endmodule

`default_nettype wire
