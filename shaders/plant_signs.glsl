// Signs that are told apart without colour, as distances (in units of the sign's half size) to their edge.
float sign_distance(vec2 p, float kind) {
    if (kind < 2.5) return max(abs(p.x), abs(p.y)) - 0.80;                                       // 2 square: high
    if (kind < 3.5) return max(abs(p.x) * 0.8944 + p.y * 0.4472 - 0.36, -p.y - 0.74);            // 3 triangle: medium
    if (kind < 4.5) return max(abs(p.x) * 0.8944 - p.y * 0.4472 - 0.36, p.y - 0.74);             // 4 downward: low
    if (kind < 5.5) return abs(length(p) - 0.66) - 0.20;                                         // 5 ring: not known
    if (kind < 6.5) return (abs(p.x) + abs(p.y)) * 0.7071 - 0.62;                                // 6 diamond
    return length(p) - 0.80;                                                                     // 7 disc
}
