#version 330
// Alarm markers: over everything, and at the picture's edge with an arrow when their unit is out of sight.
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewProjectionMatrix;
uniform mat4 p3d_ProjectionMatrix;
uniform samplerBuffer marks;     // two texels each: place (world metres), priority; 1 if unacknowledged, strength
uniform vec4 text_scale;         // a text pixel in clip space (x, y), unused
uniform vec4 mark_edge;          // how much of half the field is used (x, y), half size in text pixels, height over place

in vec4 p3d_Vertex;              // corners, -1 to 1
out vec2 at;                     // in half sizes of the sign
flat out vec4 look;              // priority, unacknowledged, strength, 1 when out of sight
flat out vec2 arrow;             // unit direction to what is out of sight

void main() {
    vec4 mark = texelFetch(marks, gl_InstanceID * 2);
    vec4 more = texelFetch(marks, gl_InstanceID * 2 + 1);
    vec4 clip = p3d_ViewProjectionMatrix * (p3d_ModelMatrix * vec4(mark.xyz, 1.0));
    // In tangents of the angle from straight ahead, so that both eyes of a headset agree on what the edge is.
    vec2 field = 1.0 / vec2(p3d_ProjectionMatrix[0][0], p3d_ProjectionMatrix[1][1]);
    vec2 ahead = -vec2(p3d_ProjectionMatrix[2][0], p3d_ProjectionMatrix[2][1]);
    float w = max(abs(clip.w), 1e-3);
    vec2 to = (clip.xy / w - ahead * sign(clip.w)) * field;
    vec2 limit = mark_edge.xy * field;
    bool behind = clip.w < 0.05;
    if (behind && dot(to, to) < 1e-8) to = vec2(0.0, -1e-3);
    float beyond = max(abs(to.x) / limit.x, abs(to.y) / limit.y);
    bool outside = behind || beyond > 1.0;
    arrow = normalize(outside ? to : vec2(0.0, -1.0));
    vec2 ndc = (outside ? to / max(beyond, 1e-6) : to) / field + ahead;
    look = vec4(mark.w, more.x, more.y, outside ? 1.0 : 0.0);
    at = p3d_Vertex.xy * 1.9;
    vec2 lift = outside ? vec2(0.0) : vec2(0.0, mark_edge.w * text_scale.y);
    vec2 place = ndc + lift + at * mark_edge.z * text_scale.xy;
    float depth = outside ? 1.0 : clip.w;
    gl_Position = more.y <= 0.0 ? vec4(2.0, 2.0, 2.0, 1.0) : vec4(place * depth, -0.999 * depth, depth);
}
