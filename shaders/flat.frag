#version 330
uniform vec4 flat_color;        // display rgb, alpha
out vec4 fragment;

void main() {
    fragment = flat_color;
}
