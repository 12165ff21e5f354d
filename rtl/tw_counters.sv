// SPDX-License-Identifier: Apache-2.0
// Event pulses and their counters. Invariant: counter i is the number of cycles in which bit i of events_o has been high
// since reset, modulo 2^64. docs/contract.md, section 12.
`default_nettype none

module tw_counters (
  input  wire logic        clk_i,
  input  wire logic        rst_i,
  input  wire logic [31:0] event_i,        // from all blocks: the events of this cycle
  output logic [31:0]      events_o,       // to pins, one cycle later
  input  wire logic [4:0]  counter_sel_i,  // from pins
  output logic [63:0]      counter_o       // to pins: the selected counter, one cycle later
);

  logic [31:0] events_q;
  logic [63:0] counter_q;
  (* mem2reg *) logic [63:0] count_q [0:31];  // registers, not a memory: all are reset at once

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      events_q  <= '0;
      counter_q <= '0;
      for (int i = 0; i < 32; i++) count_q[i] <= '0;
    end else begin
      events_q  <= event_i;
      counter_q <= count_q[counter_sel_i];
      if (event_i != '0) begin
        for (int i = 0; i < 32; i++) begin
          if (event_i[i]) count_q[i] <= count_q[i] + 64'd1;
        end
      end
    end
  end

  assign events_o  = events_q;
  assign counter_o = counter_q;

endmodule

`default_nettype wire
