// SPDX-License-Identifier: Apache-2.0
// Memory arbiter: presents one request on the memory port, those of the walkers and of the root loader in turn.
// Invariant: a request once presented stays, unchanged, until it is taken: the pointer stands on it meanwhile, and
// nobody withdraws. docs/contract.md, section 8.
`include "tw_assert.svh"
`default_nettype none

module tw_mem_arb #(
  parameter int Requesters = 2
) (
  input  wire logic                              clk_i,
  input  wire logic                              rst_i,

  // Registers of all that ask, walker 0 lowest, the root loader last.
  input  wire logic [Requesters-1:0]             read_i,
  input  wire logic [Requesters-1:0]             cas_i,
  input  wire logic [Requesters*tw_pkg::PaW-1:0] addr_i,       // of the entry
  input  wire logic [2*Requesters-1:0]           lanes_i,      // the halves of the word in which it lies
  input  wire logic [Requesters*64-1:0]          expected_i,
  input  wire logic [Requesters*64-1:0]          desired_i,
  output logic [Requesters-1:0]                  grant_o,      // the request is taken

  // Memory request: to and from pins. Payload is zero without valid.
  output logic                                   mem_req_valid_o,
  input  wire logic                              mem_req_ready_i,
  output logic [3:0]                             mem_req_id_o,
  output logic [tw_pkg::PaW-1:0]                 mem_req_addr_o,
  output logic [1:0]                             mem_req_lanes_o,
  output logic                                   mem_req_cas_o,
  output logic [63:0]                            mem_req_expected_o,
  output logic [63:0]                            mem_req_desired_o
);

  localparam int IndexW = tw_pkg::index_w(Requesters);

  logic [Requesters-1:0] request;
  logic [IndexW-1:0]   pointer_q, chosen, after;

  assign request         = read_i | cas_i;
  assign mem_req_valid_o = request != '0;

  // The number after, wrapping.
  assign after = chosen == IndexW'(Requesters - 1) ? '0 : chosen + 1'b1;

  tw_pick #(.N(Requesters)) u_pick (
    .request_i (request),
    .pointer_i (pointer_q),
    .index_o   (chosen)
  );

  always @* begin
    mem_req_id_o       = '0;
    mem_req_addr_o     = '0;
    mem_req_lanes_o    = '0;
    mem_req_cas_o      = 1'b0;
    mem_req_expected_o = '0;
    mem_req_desired_o  = '0;
    if (mem_req_valid_o) begin
      mem_req_id_o    = 4'(chosen);
      mem_req_cas_o   = cas_i[chosen];
      for (int w = 0; w < Requesters; w++) begin
        if (chosen == IndexW'(w)) begin
          mem_req_addr_o  = {addr_i[w*tw_pkg::PaW+3 +: tw_pkg::PaW-3], 3'd0};
          mem_req_lanes_o = lanes_i[2*w +: 2];
          if (cas_i[w]) begin
            mem_req_expected_o = expected_i[w*64 +: 64];
            mem_req_desired_o  = desired_i[w*64 +: 64];
            // What is written to the upper half stands there.
            if (mem_req_lanes_o == tw_pkg::LanesHigh) begin
              mem_req_expected_o = {mem_req_expected_o[31:0], 32'd0};
              mem_req_desired_o  = {mem_req_desired_o[31:0], 32'd0};
            end
          end
        end
      end
    end
  end

  always @* begin
    grant_o = '0;
    if (mem_req_valid_o && mem_req_ready_i) grant_o[chosen] = 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i)                pointer_q <= '0;
    else if (mem_req_valid_o) pointer_q <= mem_req_ready_i ? after : chosen;
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

`ifdef TW_ASSERT
  logic [Requesters-1:0] waiting_q;
  logic               held_q;
  logic [IndexW-1:0]   held_number_q;

  always_ff @(posedge clk_i) begin
    waiting_q     <= rst_i ? '0 : request & ~grant_o;
    held_q        <= !rst_i && mem_req_valid_o && !mem_req_ready_i;
    held_number_q <= chosen;
  end
`endif

  // Nobody withdraws.
  `TW_EXPECT(waiting_q != '0, (waiting_q & ~request) == '0)

  // A grant goes to one that asks.
  `TW_CHECK(grant_o != '0, (grant_o & ~request) == '0 && (grant_o & (grant_o - 1'b1)) == '0)

  // What is presented and not taken stays.
  `TW_CHECK(held_q, mem_req_valid_o && chosen == held_number_q)

`ifdef FORMAL
  // Who asks reads or swaps.
  `TW_EXPECT(request != '0, (read_i & cas_i) == '0)

  // Without valid there is no payload.
  `TW_CHECK(!mem_req_valid_o,
            {mem_req_id_o, mem_req_addr_o, mem_req_lanes_o, mem_req_cas_o, mem_req_expected_o, mem_req_desired_o} == '0)

  // The pointer names one that may ask.
  `TW_CHECK(1'b1, 32'(pointer_q) < Requesters)

  // A read has no operands.
  `TW_CHECK(mem_req_valid_o && !mem_req_cas_o, {mem_req_expected_o, mem_req_desired_o} == '0)
`endif

endmodule

`default_nettype wire
