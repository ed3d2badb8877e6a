#version 330
#include "tonemap.glsl"
#include "sky.glsl"

in vec3 direction;
out vec4 fragment;

void main() {
    fragment = vec4(tone_map(sky_radiance(normalize(direction))), 1.0);
}
