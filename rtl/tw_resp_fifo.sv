// SPDX-License-Identifier: Apache-2.0
// Response queue of one port: four entries, two pushes and one pop in a cycle, a dead mark for each entry that was
// cancelled while it waited. Invariants: an answer once valid stays, unchanged, until it is taken or cancelled; the
// queue never overflows, because both pushes happen only when it holds at most two. docs/contract.md, section 5.
`include "tw_assert.svh"
`default_nettype none

module tw_resp_fifo (
  input  wire logic                     clk_i,
  input  wire logic                     rst_i,

  // First push: a completion, from the miss queue.
  input  wire logic                     miss_valid_i,
  input  wire logic [tw_pkg::IdW-1:0]   miss_id_i,
  input  wire logic [tw_pkg::VaW-1:0]   miss_addr_i,    // PA, or the VA of a fault
  input  wire logic [tw_pkg::InfoW-1:0] miss_info_i,

  // Second push: from the request stage.
  input  wire logic                     port_valid_i,
  input  wire logic [tw_pkg::IdW-1:0]   port_id_i,
  input  wire logic [tw_pkg::VaW-1:0]   port_addr_i,
  input  wire logic [tw_pkg::InfoW-1:0] port_info_i,

  // Cancel: from pins.
  input  wire logic                     cancel_valid_i,
  input  wire logic                     cancel_all_i,
  input  wire logic [tw_pkg::IdW-1:0]   cancel_id_i,

  output logic                          space_o,        // to the request stage and miss queue: at most two held
  output logic                          empty_o,        // to the idle pin

  // Response: to and from pins. Payload is zero without valid.
  output logic                          resp_valid_o,
  input  wire logic                     resp_ready_i,
  output logic [tw_pkg::IdW-1:0]        resp_id_o,
  output logic [tw_pkg::PaW-1:0]        resp_pa_o,
  output logic [2:0]                    resp_size_o,
  output logic                          resp_global_o,
  output logic [2:0]                    resp_attr_o,
  output logic [1:0]                    resp_fault_o,
  output logic [5:0]                    resp_cause_o,
  output logic [tw_pkg::VaW-1:0]        resp_tval_o
);

  logic [tw_pkg::IdW-1:0]   id_q   [0:3];
  logic [tw_pkg::VaW-1:0]   addr_q [0:3];
  logic [tw_pkg::InfoW-1:0] info_q [0:3];
  logic [3:0]               dead_q;
  logic [1:0]               head_q, tail_q;
  logic [2:0]               count_q;

  assign space_o = count_q <= 3'd2;
  assign empty_o = count_q == 3'd0;

  // ---- Head ---------------------------------------------------------------------------------------------------------

  logic [tw_pkg::VaW-1:0]   head_addr;
  logic [tw_pkg::InfoW-1:0] head_info;
  logic                     head_fault, pop;

  assign resp_valid_o = !empty_o && !dead_q[head_q];
  assign resp_id_o    = resp_valid_o ? id_q[head_q] : '0;
  assign head_addr    = resp_valid_o ? addr_q[head_q] : '0;
  assign head_info    = resp_valid_o ? info_q[head_q] : '0;

  assign head_fault    = head_info[tw_pkg::InfoFault +: 2] != tw_pkg::FaultNone;
  assign resp_pa_o     = head_fault ? '0 : head_addr[tw_pkg::PaW-1:0];
  assign resp_tval_o   = head_fault ? head_addr : '0;
  assign resp_size_o   = head_info[tw_pkg::InfoSize +: 3];
  assign resp_global_o = head_info[tw_pkg::InfoGlobal];
  assign resp_attr_o   = head_info[tw_pkg::InfoAttr +: 3];
  assign resp_fault_o  = head_info[tw_pkg::InfoFault +: 2];
  assign resp_cause_o  = head_info[tw_pkg::InfoCause +: 6];

  assign pop = !empty_o && (dead_q[head_q] || resp_ready_i);

  // ---- Pushes and pop -----------------------------------------------------------------------------------------------

  logic [1:0] port_slot;

  assign port_slot = tail_q + 2'(miss_valid_i);

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      head_q  <= '0;
      tail_q  <= '0;
      count_q <= '0;
    end else begin
      head_q  <= head_q + 2'(pop);
      tail_q  <= port_slot + 2'(port_valid_i);
      count_q <= count_q + 3'(miss_valid_i) + 3'(port_valid_i) - 3'(pop);
    end
  end

  always_ff @(posedge clk_i) begin
    if (miss_valid_i) begin
      id_q[tail_q]   <= miss_id_i;
      addr_q[tail_q] <= miss_addr_i;
      info_q[tail_q] <= miss_info_i;
    end
    if (port_valid_i) begin
      id_q[port_slot]   <= port_id_i;
      addr_q[port_slot] <= port_addr_i;
      info_q[port_slot] <= port_info_i;
    end
  end

  // ---- Cancel -------------------------------------------------------------------------------------------------------

  // Marks of free places do not matter: a push clears them.
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      dead_q <= '0;
    end else begin
      if (cancel_valid_i) begin
        for (int i = 0; i < 4; i++) begin
          if (cancel_all_i || id_q[i] == cancel_id_i) dead_q[i] <= 1'b1;
        end
      end
      if (miss_valid_i) dead_q[tail_q] <= 1'b0;
      if (port_valid_i) dead_q[port_slot] <= 1'b0;
    end
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // Nothing is pushed without space.
  `TW_EXPECT(miss_valid_i || port_valid_i, space_o)

  // The queue never overflows.
  `TW_CHECK(miss_valid_i || port_valid_i, 4'(count_q) + 4'(miss_valid_i) + 4'(port_valid_i) <= 4'd4)

`ifdef FORMAL
  // It holds at most what it has places for.
  `TW_CHECK(1'b1, count_q <= 3'd4)

  // Its ends are as far apart as its entries are many.
  `TW_CHECK(1'b1, 2'(tail_q - head_q) == count_q[1:0])

  // Without valid there is no payload.
  `TW_CHECK(!resp_valid_o, {resp_id_o, resp_pa_o, resp_tval_o, head_info} == '0)

  // A fault has no translation, a translation no fault.
  `TW_CHECK(resp_valid_o && resp_fault_o != tw_pkg::FaultNone, resp_pa_o == '0)
  `TW_CHECK(resp_valid_o && resp_fault_o == tw_pkg::FaultNone, resp_tval_o == '0)

  logic                     held_q;
  logic [tw_pkg::IdW-1:0]   held_id_q;
  logic [tw_pkg::VaW-1:0]   held_addr_q;
  logic [tw_pkg::InfoW-1:0] held_info_q;

  always_ff @(posedge clk_i) begin
    held_q      <= !rst_i && resp_valid_o && !resp_ready_i &&
                   !(cancel_valid_i && (cancel_all_i || cancel_id_i == resp_id_o));
    held_id_q   <= resp_id_o;
    held_addr_q <= head_addr;
    held_info_q <= head_info;
  end

  // An answer that is neither taken nor cancelled stays as it is.
  `TW_CHECK(held_q, resp_valid_o && resp_id_o == held_id_q && head_addr == held_addr_q && head_info == held_info_q)

  // A cancel leaves nothing of its id in the queue.
  logic                   cancelled_q;
  logic [tw_pkg::IdW-1:0] cancelled_id_q;

  always_ff @(posedge clk_i) begin
    cancelled_q    <= cancel_valid_i && !cancel_all_i && !miss_valid_i && !port_valid_i && !rst_i;
    cancelled_id_q <= cancel_id_i;
  end

  `TW_CHECK(cancelled_q && resp_valid_o, resp_id_o != cancelled_id_q)
`endif

endmodule

`default_nettype wire
