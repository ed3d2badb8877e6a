#version 330
// Paint on the floor: aisles and their edges.
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewProjectionMatrix;

in vec4 p3d_Vertex;
in vec4 paint;                   // metres along, metres from the middle, half width, 0 forklifts or 1 people
out vec4 lane;
out vec3 world_position;

void main() {
    vec4 world = p3d_ModelMatrix * p3d_Vertex;
    world_position = world.xyz;
    lane = paint;
    gl_Position = p3d_ViewProjectionMatrix * world;
}
