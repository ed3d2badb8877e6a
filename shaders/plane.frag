#version 330
// The swing plane: a glassy disc with a fine rim and rings.
uniform vec4 plane_color;       // display rgb, alpha

in vec2 at;
out vec4 fragment;

float ring(float r, float where_at, float half_width, float aa) {
    return 1.0 - smoothstep(half_width, half_width + aa, abs(r - where_at));
}

void main() {
    float r = length(at);
    float aa = fwidth(r) * 1.5;
    if (r > 1.0 + aa) discard;
    float rim = ring(r, 1.0 - 0.004, 0.002, aa);
    float quarter = abs(fract(r * 4.0 + 0.5) - 0.5) * 0.25;
    float inner = (1.0 - smoothstep(0.0015, 0.0015 + aa, quarter)) * step(r, 0.95) * step(0.1, r);
    float glass = mix(0.35, 1.0, r * r);
    float alpha = plane_color.a * (glass + 0.55 * inner) + 0.6 * rim;
    fragment = vec4(mix(plane_color.rgb, vec3(1.0), 0.5 * rim), min(alpha, 0.9));
}
