#version 330
uniform vec4 vignette;          // slope where it begins, slope where it is full, darkness

in vec2 slope;
out vec4 fragment;

void main() {
    fragment = vec4(0.0, 0.0, 0.0, vignette.z * smoothstep(vignette.x, vignette.y, length(slope)));
}
