#version 330
// A video frame, shown as it was recorded: already display-encoded, so neither lit nor tone-mapped.
uniform sampler2D video;
uniform float video_dim;        // 1 shows it as it is

#ifdef BACKDROP
uniform vec4 lens_matrix;       // focal length and centre, as parts of the picture's width and height
uniform vec4 lens_bend;         // Brown's k1, k2, p1, p2
uniform float lens_bend_more;   // and k3
#endif

in vec2 uv;
out vec4 fragment;

vec2 recorded_at(vec2 shown) {
#ifdef BACKDROP
    // What is drawn over it is drawn by a straight lens: look up where the real one put this direction.
    vec2 p = (shown - lens_matrix.zw) / lens_matrix.xy;
    float r2 = dot(p, p);
    float radial = 1.0 + r2 * (lens_bend.x + r2 * (lens_bend.y + r2 * lens_bend_more));
    vec2 tangential = vec2(2.0 * lens_bend.z * p.x * p.y + lens_bend.w * (r2 + 2.0 * p.x * p.x),
                           lens_bend.z * (r2 + 2.0 * p.y * p.y) + 2.0 * lens_bend.w * p.x * p.y);
    return (p * radial + tangential) * lens_matrix.xy + lens_matrix.zw;
#else
    return shown;
#endif
}

void main() {
    // Rows run downward and bytes lie in rgb order, where the sampler expects upward and bgr.
    vec2 at = recorded_at(vec2(uv.x, 1.0 - uv.y));
    float there = float(all(greaterThanEqual(at, vec2(0.0))) && all(lessThanEqual(at, vec2(1.0))));
    fragment = vec4(texture(video, at).bgr * video_dim * there, 1.0);
}
