#version 330
in vec4 color;
in float side;
out vec4 fragment;

void main() {
    float soft = 1.0 - smoothstep(1.0 - min(2.0 * fwidth(side), 0.95), 1.0, abs(side));
    fragment = vec4(color.rgb, color.a * soft);
}
