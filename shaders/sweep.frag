#version 330
uniform vec4 playhead;

in vec4 color;
in vec2 param;
out vec4 fragment;

void main() {
    float age = playhead.x - param.x;
    if (age < 0.0) discard;
    float fade = 1.0 - smoothstep(0.0, playhead.y, age);
    fragment = vec4(color.rgb, 0.5 * color.a * param.y * param.y * fade * playhead.z);
}
