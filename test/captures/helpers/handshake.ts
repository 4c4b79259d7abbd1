// The beginning that most texts share: three segments, 20 ms of round trip, no window scaling.

export const handshake = `
  0.000 > S  0:0(0)         win 65535 <mss 1460>
  0.020 < S. 0:0(0)   ack 1 win 65535 <mss 1460>
  0.020 > .  1:1(0)   ack 1
`
