// SPDX-License-Identifier: Apache-2.0
// Memory arbiter: presents one walker's request on the memory port, in turn. Invariant: a request once presented stays,
// unchanged, until it is taken: the pointer stands on it meanwhile, and walkers do not withdraw. docs/contract.md,
// section 8.
`include "tw_assert.svh"
`default_nettype none

module tw_mem_arb #(
  parameter int Walkers = 2
) (
  input  wire logic                           clk_i,
  input  wire logic                           rst_i,

  // Registers of all walkers, walker 0 lowest.
  input  wire logic [Walkers-1:0]             read_i,       // in REQ
  input  wire logic [Walkers-1:0]             cas_i,        // in CAS_REQ
  input  wire logic [Walkers*tw_pkg::PaW-1:0] addr_i,
  input  wire logic [Walkers*64-1:0]          expected_i,
  input  wire logic [Walkers*64-1:0]          desired_i,
  output logic [Walkers-1:0]                  grant_o,      // to the walkers: the request is taken

  // Memory request: to and from pins. Payload is zero without valid.
  output logic                                mem_req_valid_o,
  input  wire logic                           mem_req_ready_i,
  output logic [3:0]                          mem_req_id_o,
  output logic [tw_pkg::PaW-1:0]              mem_req_addr_o,
  output logic [1:0]                          mem_req_lanes_o,
  output logic                                mem_req_cas_o,
  output logic [63:0]                         mem_req_expected_o,
  output logic [63:0]                         mem_req_desired_o
);

  localparam int WalkW = $clog2(Walkers);

  logic [Walkers-1:0] request;
  logic [WalkW-1:0]   pointer_q, chosen;

  assign request         = read_i | cas_i;
  assign mem_req_valid_o = request != '0;

  tw_pick #(.N(Walkers)) u_pick (
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
      mem_req_lanes_o = 2'b11;
      mem_req_cas_o   = cas_i[chosen];
      for (int w = 0; w < Walkers; w++) begin
        if (chosen == WalkW'(w)) begin
          mem_req_addr_o = addr_i[w*tw_pkg::PaW +: tw_pkg::PaW];
          if (cas_i[w]) begin
            mem_req_expected_o = expected_i[w*64 +: 64];
            mem_req_desired_o  = desired_i[w*64 +: 64];
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
    else if (mem_req_valid_o) pointer_q <= mem_req_ready_i ? chosen + 1'b1 : chosen;
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

`ifdef TW_ASSERT
  logic [Walkers-1:0] waiting_q;
  logic               held_q;
  logic [WalkW-1:0]   held_walker_q;

  always_ff @(posedge clk_i) begin
    waiting_q     <= rst_i ? '0 : request & ~grant_o;
    held_q        <= !rst_i && mem_req_valid_o && !mem_req_ready_i;
    held_walker_q <= chosen;
  end
`endif

  // A walker does not withdraw.
  `TW_EXPECT(waiting_q != '0, (waiting_q & ~request) == '0)

  // A grant goes to a walker that asks.
  `TW_CHECK(grant_o != '0, (grant_o & ~request) == '0 && (grant_o & (grant_o - 1'b1)) == '0)

  // What is presented and not taken stays.
  `TW_CHECK(held_q, mem_req_valid_o && chosen == held_walker_q)

`ifdef FORMAL
  // A walker reads or swaps.
  `TW_EXPECT(request != '0, (read_i & cas_i) == '0)

  // Without valid there is no payload.
  `TW_CHECK(!mem_req_valid_o,
            {mem_req_id_o, mem_req_addr_o, mem_req_lanes_o, mem_req_cas_o, mem_req_expected_o, mem_req_desired_o} == '0)

  // A read has no operands.
  `TW_CHECK(mem_req_valid_o && !mem_req_cas_o, {mem_req_expected_o, mem_req_desired_o} == '0)
`endif

endmodule

`default_nettype wire
