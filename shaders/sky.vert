#version 330
#include "tonemap.glsl"
#include "sky.glsl"
// A dome around the eye at the far end of the depth range. The colours are smooth, so that a vertex each will do.
uniform mat4 p3d_ViewMatrixInverse;
uniform mat4 p3d_ViewProjectionMatrix;

in vec4 p3d_Vertex;             // unit direction
out vec3 color;

void main() {
    color = tone_map(sky_radiance(p3d_Vertex.xyz));
    vec3 eye = p3d_ViewMatrixInverse[3].xyz;
    gl_Position = (p3d_ViewProjectionMatrix * vec4(eye + p3d_Vertex.xyz * 100.0, 1.0)).xyww;
}
