#version 330
#include "view.glsl"
#include "tonemap.glsl"
#include "sky.glsl"
#include "fog.glsl"
// Scenery far off: so small and so soft in the haze that a light for each vertex will do.
uniform mat4 p3d_ViewProjectionMatrix;
uniform vec3 sky_light;
uniform vec3 ground_light;

in vec4 p3d_Vertex;             // world
in vec3 p3d_Normal;
in vec4 p3d_Color;              // linear albedo
out vec3 color;

void main() {
    float n_l = max(dot(p3d_Normal, sun_direction), 0.0);
    vec3 light = sun_color * n_l + mix(ground_light, sky_light, p3d_Normal.z * 0.5 + 0.5);
    float clear = fog_clearness(p3d_Vertex.xyz);
    color = tone_map(mix(fog_color(p3d_Vertex.xyz), p3d_Color.rgb * light, clear));
    gl_Position = p3d_ViewProjectionMatrix * p3d_Vertex;
}
