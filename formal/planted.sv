// SPDX-License-Identifier: Apache-2.0
// What scripts/formal.sh must refuse, or its verdicts are worth nothing: with Bug = 1 a property that does not hold, with
// Bug = 2 one that holds because its antecedent is never reached, with Bug = 3 one that holds from reset on and that
// induction alone cannot prove. With Bug = 0 all is well.
`include "tw_assert.svh"
`default_nettype none

module planted #(
  parameter int Bug = 0
) (
  input  wire logic  clk_i,
  input  wire logic  rst_i,
  input  wire logic  step_i,
  output logic [3:0] count_o   // counts to 9, then from 0 again
);

  logic [3:0] count_q;

  always_ff @(posedge clk_i) begin
    if (rst_i)       count_q <= '0;
    else if (step_i) count_q <= count_q == 4'd9 && Bug != 1 ? '0 : count_q + 1'b1;
  end

  assign count_o = count_q;

  // ---- Properties ---------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // The counter stays below 10.
  `TW_CHECK(step_i, Bug == 3 ? count_q != 4'd13 : count_q < 4'd10)

  // Where it turns it is odd.
  `TW_CHECK(step_i && count_q == (Bug == 2 ? 4'd12 : 4'd9), Bug == 2 || count_q[0])

endmodule

`default_nettype wire
