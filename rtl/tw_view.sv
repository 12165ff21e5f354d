// SPDX-License-Identifier: Apache-2.0
// Cell of the debug view: shows in the next cycle that something was decided in this one, and what. Invariant: without
// the strobe the value is zero. docs/contract.md, section 13.
`include "tw_assert.svh"
`default_nettype none

module tw_view #(
  parameter int Width = 6
) (
  input  wire logic             clk_i,
  input  wire logic             rst_i,
  input  wire logic             strobe_i,  // from the block that decides
  input  wire logic [Width-1:0] value_i,
  output logic                  strobe_o,  // one cycle later
  output logic [Width-1:0]      value_o
);

  logic             strobe_q;
  logic [Width-1:0] value_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      strobe_q <= 1'b0;
      value_q  <= '0;
    end else begin
      strobe_q <= strobe_i;
      if (strobe_i || strobe_q) value_q <= strobe_i ? value_i : '0;
    end
  end

  assign strobe_o = strobe_q;
  assign value_o  = value_q;

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // Without the strobe there is no value.
  `TW_CHECK(!strobe_o, value_o == '0)

endmodule

`default_nettype wire
