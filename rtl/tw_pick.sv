// SPDX-License-Identifier: Apache-2.0
// Selection, as pure logic: the number of the first set bit at or after a pointer, wrapping; the lowest set bit if the
// pointer is 0. Invariant: the result names a set bit if there is one, else it is 0.
`include "tw_assert.svh"
`default_nettype none

module tw_pick #(
  parameter int N = 4
) (
  input  wire logic [N-1:0]         request_i,
  input  wire logic [tw_pkg::index_w(N)-1:0] pointer_i,  // below N
  output logic [tw_pkg::index_w(N)-1:0] index_o
);

  localparam int IndexW = tw_pkg::index_w(N);

  always @* begin
    index_o = '0;
    if (request_i != '0) begin
      for (int i = N - 1; i >= 0; i--) begin
        if (request_i[i]) index_o = IndexW'(i);
      end
      for (int i = N - 1; i >= 0; i--) begin
        if (request_i[i] && IndexW'(i) >= pointer_i) index_o = IndexW'(i);
      end
    end
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  // Where anything is requested, the result is.
  `TW_TRUE(request_i != '0, request_i[index_o])

  // Otherwise it is 0.
  `TW_TRUE(request_i == '0, index_o == '0)

`ifdef FORMAL
  // How far a bit is from the pointer, going up and wrapping.
  function automatic int distance(input int from, input int to);
    distance = to >= from ? to - from : to + N - from;
  endfunction

  // No request lies between the pointer, if it is the number of a bit, and the result.
  for (genvar i = 0; i < N; i++) begin : g_first
    `TW_TRUE(request_i[i] && 32'(pointer_i) < N, distance(32'(pointer_i), i) >= distance(32'(pointer_i), 32'(index_o)))
  end
`endif

endmodule

`default_nettype wire
