// SPDX-License-Identifier: Apache-2.0
// Selection, as pure logic: the number of the first set bit at or after a pointer, wrapping; the lowest set bit if the
// pointer is 0. Invariant: the result names a set bit if there is one, else it is 0.
`default_nettype none

module tw_pick #(
  parameter int N = 4
) (
  input  wire logic [N-1:0]         request_i,
  input  wire logic [$clog2(N)-1:0] pointer_i,
  output logic [$clog2(N)-1:0]      index_o
);

  localparam int IndexW = $clog2(N);

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

endmodule

`default_nettype wire
