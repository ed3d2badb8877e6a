#version 330
in vec4 color;
in vec3 at;
out vec4 fragment;

void main() {
    // Round ends: the distance from the line's core, in half widths.
    float d = length(vec2(at.x, max(max(at.y, at.z), 0.0)));
    // Half at the very edge: the driver's samples take the other half, so that thin lines are not thinner.
    float soft = clamp((1.0 - d) / max(fwidth(d), 1e-4) + 0.5, 0.0, 1.0);
    fragment = vec4(color.rgb, color.a * soft);
    if (fragment.a < 0.004) discard;
}
