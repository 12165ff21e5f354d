// SPDX-License-Identifier: Apache-2.0
// Memory's answer, as pure logic: the walker that it belongs to, what that walker asked for, and the entry in the word.
// Invariant: an answer that nobody waits for goes nowhere. docs/contract.md, section 8.
`include "tw_assert.svh"
`default_nettype none

module tw_answer #(
  parameter int Walkers = 2,
  parameter int OwnerW  = 2
) (
  // From memory.
  input  wire logic                              mem_resp_valid_i,
  input  wire logic [3:0]                        mem_resp_id_i,
  input  wire logic [63:0]                       mem_resp_data_i,

  // Registers of all walkers, walker 0 lowest.
  input  wire logic [Walkers-1:0]                waits_i,     // in WAIT or CAS_WAIT
  input  wire logic [Walkers-1:0]                swaps_i,     // in CAS_WAIT
  input  wire logic [2*Walkers-1:0]              lanes_i,
  input  wire logic [Walkers-1:0]                tainted_i,
  input  wire logic [Walkers*OwnerW-1:0]         owner_i,
  input  wire logic [Walkers*tw_pkg::VpnW-1:0]   vpn_i,
  input  wire logic [Walkers*tw_pkg::LevelW-1:0] level_i,
  input  wire logic [Walkers*tw_pkg::AboveW-1:0] above_i,
  input  wire logic [Walkers*64-1:0]             desired_i,

  // The walker that is answered; zero without.
  output logic [Walkers-1:0]                     answer_o,
  output logic [tw_pkg::index_w(Walkers)-1:0]    walker_o,
  output logic [OwnerW-1:0]                      owner_o,
  output logic [tw_pkg::VpnW-1:0]                vpn_o,
  output logic [tw_pkg::LevelW-1:0]              level_o,
  output logic [tw_pkg::AboveW-1:0]              above_o,
  output logic                                   tainted_o,
  output logic [63:0]                            read_o,      // the entry as memory has, or had, it
  output logic [63:0]                            entry_o      // the entry as it is after a compare-and-swap
);

  localparam int WalkW = tw_pkg::index_w(Walkers);

  always @* begin
    answer_o  = '0;
    walker_o  = '0;
    owner_o   = '0;
    vpn_o     = '0;
    level_o   = '0;
    above_o   = '0;
    tainted_o = 1'b0;
    read_o    = mem_resp_data_i;
    entry_o   = mem_resp_data_i;
    if (mem_resp_valid_i) begin
      for (int w = 0; w < Walkers; w++) begin
        if (mem_resp_id_i == 4'(w) && waits_i[w]) begin
          answer_o[w] = 1'b1;
          walker_o    = WalkW'(w);
          owner_o     = owner_i[w*OwnerW +: OwnerW];
          vpn_o       = vpn_i[w*tw_pkg::VpnW +: tw_pkg::VpnW];
          level_o     = level_i[w*tw_pkg::LevelW +: tw_pkg::LevelW];
          above_o     = above_i[w*tw_pkg::AboveW +: tw_pkg::AboveW];
          tainted_o   = tainted_i[w];
          // An entry of 4 bytes is one half of the word.
          if (lanes_i[2*w +: 2] == tw_pkg::LanesLow) read_o = {32'd0, mem_resp_data_i[31:0]};
          if (lanes_i[2*w +: 2] == tw_pkg::LanesHigh) read_o = {32'd0, mem_resp_data_i[63:32]};
          // A compare-and-swap that was done has left the desired value in memory.
          entry_o = swaps_i[w] ? desired_i[w*64 +: 64] : read_o;
        end
      end
    end
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  // A walker that is answered waits; at most one is.
  `TW_TRUE(answer_o != '0, (answer_o & ~waits_i) == '0 && (answer_o & (answer_o - 1'b1)) == '0)

  // Whoever is answered is the one that memory names.
  `TW_TRUE(answer_o != '0, mem_resp_valid_i && mem_resp_id_i == 4'(walker_o) && answer_o[walker_o])

endmodule

`default_nettype wire
