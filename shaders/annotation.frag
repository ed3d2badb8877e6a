#version 330
in vec4 color;
in vec3 at;
out vec4 fragment;

void main() {
    // Round ends: the distance from the line's core, in half widths.
    float d = length(vec2(at.x, max(max(at.y, at.z), 0.0)));
    float soft = 1.0 - smoothstep(1.0 - min(1.5 * fwidth(d), 0.9), 1.0, d);
    fragment = vec4(color.rgb, color.a * soft);
    if (fragment.a < 0.004) discard;
}
