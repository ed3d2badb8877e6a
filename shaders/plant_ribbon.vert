#version 330
// The way of an order over the floor, and the measuring tape: a ribbon that is never thinner than the eye can see.
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewMatrixInverse;
uniform mat4 p3d_ViewProjectionMatrix;
uniform vec4 ribbon_width;       // half width (m), least half width as a part of the distance

in vec4 p3d_Vertex;
in vec3 tangent;                 // unit direction of the way
in vec4 ribbon;                  // metres along, side (-1 or 1), 0 flat on the floor or 1 facing the eye, unused
out vec2 param;
out vec3 world_position;

void main() {
    vec3 world = (p3d_ModelMatrix * p3d_Vertex).xyz;
    vec3 to_eye = p3d_ViewMatrixInverse[3].xyz - world;
    vec3 across = ribbon.z > 0.5 ? cross(tangent, to_eye) : vec3(-tangent.y, tangent.x, 0.0);
    across /= max(length(across), 1e-6);
    float half_width = max(ribbon_width.x, ribbon_width.y * length(to_eye));
    param = ribbon.xy;
    world_position = world;
    gl_Position = p3d_ViewProjectionMatrix * vec4(world + across * (half_width * ribbon.y), 1.0);
}
