// SPDX-License-Identifier: Apache-2.0
// Root loader: for formats whose root has four entries inside the MMU (PAE), reads them when the root is written,
// checks them, and keeps them; says in which table the walk of an address begins. Invariant: the kept entries change
// all at once and only to four that were read without an error and have no reserved bit set where they are present.
// docs/contract.md, section 3. Source: Intel SDM volume 3, 4.4.1.
`include "tw_assert.svh"
`default_nettype none

module tw_root_load #(
  parameter int Formats = 'h20
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_i,

  // Load: from the control registers, which wait for the end.
  input  wire logic                    load_i,         // a root of four entries is to be loaded, until done_o
  input  wire logic [tw_pkg::PpnW-1:0] load_ppn_i,
  input  wire logic [6:0]              load_low_i,     // address bits 11:5
  input  wire logic [5:0]              maxphyaddr_i,
  output logic                         done_o,         // the load ends in this cycle
  output logic                         bad_o,          // and changes nothing

  // Memory: to the arbiter; its answer.
  output logic                         request_o,
  output logic [tw_pkg::PaW-1:0]       addr_o,
  input  wire logic                    grant_i,
  input  wire logic                    answer_i,       // meant for the loader
  input  wire logic                    answer_err_i,
  input  wire logic [63:0]             answer_data_i,

  // The table in which a walk begins: for a lookup, and for a restart.
  input  wire logic [tw_fmt::RowW-1:0] row_i,          // from the control registers: the format in force
  input  wire logic [tw_pkg::PpnW-1:0] root_ppn_i,     // of formats whose root is a table
  input  wire logic [tw_pkg::VpnW-1:0] start_vpn_i,
  output logic [tw_pkg::PpnW-1:0]      start_ppn_o,
  output logic                         start_rooted_o, // there is one
  input  wire logic [tw_pkg::VpnW-1:0] restart_vpn_i,
  output logic [tw_pkg::PpnW-1:0]      restart_ppn_o
);

  localparam int PpnW  = tw_fmt::ppn_w(Formats) < 40 ? tw_fmt::ppn_w(Formats) : 40;
  localparam int KeptW = PpnW + 1;   // {PPN, P}
  localparam int Index = 18;         // the VPN bits above the tables say which entry

  typedef enum logic [1:0] {
    StIdle = 2'd0,
    StReq  = 2'd1,
    StWait = 2'd2
  } state_e;

  state_e             state_q;
  logic [1:0]         word_q;
  logic               bad_q;
  logic [3*KeptW-1:0] read_q;   // the first three, until the fourth is known
  logic [4*KeptW-1:0] kept_q;

  // ---- Load ---------------------------------------------------------------------------------------------------------

  logic             answer, reserved;
  logic [63:0]      beyond;
  logic [KeptW-1:0] entry;

  assign answer = answer_i && state_q == StWait;
  assign beyond = {64{1'b1}} << maxphyaddr_i;

  // Bits 2:1, 8:5 and those from MAXPHYADDR on, in an entry that is present.
  assign reserved = answer_data_i[0] && (answer_data_i & (beyond | 64'h1e6)) != '0;
  assign entry    = {answer_data_i[12 +: PpnW], answer_data_i[0]};

  assign done_o    = answer && (answer_err_i || word_q == 2'd3);
  assign bad_o     = done_o && (answer_err_i || reserved || bad_q);
  assign request_o = state_q == StReq;
  assign addr_o    = {load_ppn_i, load_low_i, word_q, 3'd0};

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StIdle;
      word_q  <= '0;
    end else begin
      case (state_q)
        StIdle: if (load_i) state_q <= StReq;
        StReq:  if (grant_i) state_q <= StWait;
        default: begin
          if (answer) state_q <= done_o ? StIdle : StReq;
          if (answer) word_q <= done_o ? '0 : word_q + 1'b1;
        end
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == StIdle)           bad_q <= 1'b0;
    else if (answer)                 bad_q <= bad_q || reserved;
    if (answer)                      read_q <= {entry, read_q[3*KeptW-1:KeptW]};
    if (done_o && !bad_o)            kept_q <= {entry, read_q};
  end

  // ---- Where a walk begins ------------------------------------------------------------------------------------------

  logic [KeptW-1:0] start;
  logic [PpnW-1:0]  restart;

  always @* begin
    start   = '0;
    restart = '0;
    for (int i = 0; i < 4; i++) begin
      if (start_vpn_i[Index +: 2] == 2'(i)) start = kept_q[i*KeptW +: KeptW];
      if (restart_vpn_i[Index +: 2] == 2'(i)) restart = kept_q[i*KeptW+1 +: PpnW];
    end
  end

  assign start_ppn_o    = tw_fmt::roots(row_i) ? tw_pkg::PpnW'(start[KeptW-1:1]) : root_ppn_i;
  assign start_rooted_o = !tw_fmt::roots(row_i) || start[0];
  assign restart_ppn_o  = tw_fmt::roots(row_i) ? tw_pkg::PpnW'(restart) : root_ppn_i;

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // The write waits, unchanged, while it is carried out; a grant finds a request.
  `TW_EXPECT(state_q != StIdle, load_i)
  `TW_EXPECT(grant_i, request_o)

  // A load ends with an answer.
  `TW_CHECK(done_o, answer_i && state_q == StWait)

`ifdef FORMAL
  // The registers hold a legal MAXPHYADDR.
  `TW_EXPECT(load_i, maxphyaddr_i >= 6'd36 && maxphyaddr_i <= 6'd52)

  logic               was_alive_q, good_q;
  logic [4*KeptW-1:0] past_q;

  always_ff @(posedge clk_i) begin
    was_alive_q <= alive_q && !rst_i;
    good_q      <= done_o && !bad_o;
    past_q      <= kept_q;
  end

  // Nothing changes but by a load that ends well.
  `TW_CHECK(was_alive_q && !good_q, kept_q == past_q)

  // Outside a load it begins with the first word.
  `TW_CHECK(state_q == StIdle, word_q == '0)

  // A bus error, or a reserved bit in a present entry, is never kept: shown for any one of the four.
  (* anyconst *) logic [1:0] some;
  logic                      some_bad_q;

  always_ff @(posedge clk_i) begin
    if (state_q == StIdle) some_bad_q <= 1'b0;
    else if (answer && word_q == some) some_bad_q <= answer_err_i || reserved;
  end

  `TW_CHECK(state_q != StIdle && some_bad_q, bad_q)
  `TW_CHECK(done_o && (some_bad_q || (word_q == some && reserved) || answer_err_i), bad_o)
`endif

endmodule

`default_nettype wire
