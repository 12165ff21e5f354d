// SPDX-License-Identifier: Apache-2.0
// Start of a walk, as pure logic: below the root if the walk cache knows the table, else at the root. docs/contract.md,
// section 8. Invariant: what a walk begins with speaks for all levels above.
`include "tw_assert.svh"
`default_nettype none

module tw_walk_start #(
  parameter int Formats = 'h140
) (
  input  wire logic [tw_fmt::RowW-1:0]     row_i,       // from the control registers: the format in force
  input  wire logic                        lookup_i,    // from the lookup stage
  input  wire logic [tw_pkg::VpnW-1:0]     vpn_i,
  input  wire logic [tw_pkg::PpnW-1:0]     root_ppn_i,  // the root's table for it
  input  wire logic                        hit_i,       // from the walk cache
  input  wire logic [tw_pkg::PwcDataW-1:0] hit_data_i,

  // To the walker that starts.
  output logic                             from_root_o,
  output logic [tw_pkg::LevelW-1:0]        level_o,
  output logic [tw_pkg::AboveW-1:0]        above_o,
  output logic [tw_pkg::PaW-1:0]           addr_o
);

  logic [tw_pkg::PpnW-1:0] table_ppn;

  assign from_root_o = !hit_i;
  assign level_o     = hit_i ? tw_pkg::pwc_level(hit_data_i) : tw_fmt::root_level(row_i);
  assign table_ppn   = hit_i ? hit_data_i[tw_pkg::PwcPpn +: tw_pkg::PpnW] : root_ppn_i;
  assign above_o     = hit_i ? hit_data_i[tw_pkg::AboveW-1:0] : tw_pkg::AboveRoot;

  tw_pte_addr #(.Formats(Formats)) u_addr (
    .ask_i   (lookup_i),
    .row_i   (row_i),
    .table_i (table_ppn),
    .level_i (level_o),
    .vpn_i   (vpn_i),
    .addr_o  (addr_o)
  );

  // ---- Properties --------------------------------------------------------------------------------------------------

  // From the root nothing is known of the levels above.
  `TW_TRUE(from_root_o, above_o == tw_pkg::AboveRoot && level_o == tw_fmt::root_level(row_i))

endmodule

`default_nettype wire
