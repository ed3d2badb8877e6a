#version 330
// The ground under a sole: a small patch that follows the foot.
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewProjectionMatrix;
uniform vec4 sole;              // heel xy, toe xy, world metres

in vec4 p3d_Vertex;             // the patch's corners, -1 to 1
out vec2 from_heel;             // metres
out vec2 toe;

void main() {
    vec2 middle = (p3d_ModelMatrix * vec4(0.5 * (sole.xy + sole.zw), 0.0, 1.0)).xy;
    vec2 at = middle + p3d_Vertex.xy * (0.5 * length(sole.zw - sole.xy) + 0.22);
    from_heel = at - sole.xy;
    toe = sole.zw - sole.xy;
    gl_Position = p3d_ViewProjectionMatrix * vec4(at, 0.002, 1.0);
}
