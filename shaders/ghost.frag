#version 330
#include "view.glsl"
// What is shown beside what was: glass that thickens toward its outline, so that shape reads and nothing is hidden.
uniform vec4 ghost_color;       // display rgb, alpha at the outline

in vec3 world_position;
in vec3 world_normal;
out vec4 fragment;

void main() {
    vec3 normal = normalize(world_normal);
    vec3 to_eye = normalize(eye_position() - world_position);
    float edge = 1.0 - abs(dot(normal, to_eye));
    float thick = mix(0.30, 1.0, edge * edge);
    fragment = vec4(mix(ghost_color.rgb, vec3(1.0), 0.25 * edge * edge), ghost_color.a * thick);
}
