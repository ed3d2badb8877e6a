#version 330
// How much of the sky a sole hides from the ground under and beside it.
uniform vec4 sole_height;       // above the ground, metres

in vec2 from_heel;
in vec2 toe;
out vec4 fragment;

void main() {
    float t = clamp(dot(from_heel, toe) / max(dot(toe, toe), 1e-6), 0.0, 1.0);
    vec2 off = from_heel - toe * t;
    float reach = 0.0045 + 0.5 * sole_height.x * sole_height.x;
    float dark = 0.62 * exp(-dot(off, off) / reach - 14.0 * sole_height.x);
    fragment = vec4(0.015, 0.03, 0.01, dark);
}
