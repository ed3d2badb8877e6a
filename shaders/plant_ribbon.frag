#version 330
#include "plant_section.glsl"
uniform vec4 ribbon_color;       // display rgb, alpha
uniform vec4 ribbon_marks;       // length of a mark (m), done up to (m along), 1: chevrons, 2: centimetre ticks

in vec2 param;
in vec3 world_position;
out vec4 fragment;

void main() {
    float side = abs(param.y);
    float aa = max(fwidth(param.y), 1e-4);
    float soft = 1.0 - smoothstep(1.0 - min(1.5 * aa, 0.9), 1.0, side);
    float along = max(fwidth(param.x), 1e-4);
    float beat = fract((param.x + (ribbon_marks.z < 1.5 ? side * 0.12 : 0.0)) / ribbon_marks.x);
    float mark = 1.0 - smoothstep(0.5 - along / ribbon_marks.x, 0.5 + along / ribbon_marks.x, abs(beat - 0.5) * 2.0);
    mark = mix(mark, 0.5, smoothstep(0.25, 0.6, along / ribbon_marks.x));
    vec3 color = mix(ribbon_color.rgb, vec3(1.0), 0.45 * mark);
    float ahead = step(ribbon_marks.y, param.x);
    fragment = vec4(color, ribbon_color.a * soft * mix(1.0, 0.45, ahead));
}
