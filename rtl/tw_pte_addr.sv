// SPDX-License-Identifier: Apache-2.0
// Cell: the physical address of the entry that a VPN selects in a table, as pure logic. Invariant: the address is a
// multiple of the entry's size. There is no adder: a table lies at a multiple of its size, and the bits of its number
// below that, which only a table of several pages has, are ignored.
`include "tw_assert.svh"
`default_nettype none

module tw_pte_addr #(
  parameter int Formats = 'h140
) (
  input  wire logic                      ask_i,    // from the user; else the address means nothing
  input  wire logic [tw_fmt::RowW-1:0]   row_i,    // from the control registers: the format in force
  input  wire logic [tw_pkg::PpnW-1:0]   table_i,
  input  wire logic [tw_pkg::LevelW-1:0] level_i,
  input  wire logic [tw_pkg::VpnW-1:0]   vpn_i,
  output logic [tw_pkg::PaW-1:0]         addr_o
);

  localparam int OffsetW = tw_fmt::offset_w(Formats);
  localparam logic [63:0] Starts = tw_fmt::starts(Formats);

  logic [tw_pkg::VpnW-1:0] above;   // what selects the tables above
  logic [tw_pkg::VpnW-1:0] below;   // the rest
  logic [5:0]              start;
  logic [OffsetW-1:0]      index, offset;

  always @* begin
    above  = '0;
    below  = '0;
    start  = '0;
    index  = '0;
    offset = '0;
    if (ask_i) begin
      above = tw_fmt::prefix_mask(row_i, level_i);
      below = vpn_i & ~above;
      start = tw_fmt::index_start(row_i, level_i);
      for (int s = 0; s < tw_pkg::VpnW; s++)
        if (Starts[s] && start == 6'(s)) index = OffsetW'(below >> s);
      offset = tw_fmt::narrow(row_i) ? index << 2 : index << 3;
    end
  end

  if (OffsetW <= 12) begin : g_page
    assign addr_o = {table_i, 12'(offset)};
  end else begin : g_pages
    logic [OffsetW-1:0]     last, span;  // the last index; all address bits inside of the table
    logic [tw_pkg::PaW-1:0] begins;

    always @* begin
      last = '0;
      for (int s = 0; s < tw_pkg::VpnW; s++)
        if (Starts[s] && start == 6'(s)) last = OffsetW'(~above >> s);
    end

    assign span   = ~(tw_fmt::narrow(row_i) ? ~last << 2 : ~last << 3);
    assign begins = {table_i, 12'd0};
    assign addr_o = {begins[tw_pkg::PaW-1:OffsetW], (begins[OffsetW-1:0] & ~span) | offset};
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  // An entry lies at a multiple of its size.
  `TW_TRUE(1'b1, addr_o[1:0] == '0 && (tw_fmt::narrow(row_i) || !addr_o[2]))

endmodule

`default_nettype wire
