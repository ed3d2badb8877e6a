#version 330
// A video frame, shown as it was recorded: already display-encoded, so neither lit nor tone-mapped.
uniform sampler2D video;
uniform float video_dim;        // 1 shows it as it is

in vec2 uv;
out vec4 fragment;

void main() {
    // Rows run downward and bytes lie in rgb order, where the sampler expects upward and bgr.
    fragment = vec4(texture(video, vec2(uv.x, 1.0 - uv.y)).bgr * video_dim, 1.0);
}
