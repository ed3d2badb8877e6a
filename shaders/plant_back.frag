#version 330
#include "plant_colors.glsl"

in float height;
out vec4 fragment;

void main() {
    float up = smoothstep(0.0, 0.7, height);
    fragment = vec4(mix(display_background, display_background * vec3(0.90, 0.92, 0.94), up), 1.0);
}
