#version 330
// Lines between joints, as ribbons that face the eye and never get thinner than the eye can see.
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewMatrixInverse;
uniform mat4 p3d_ViewProjectionMatrix;
uniform vec4 joints[24];        // world positions, metres
uniform vec4 bone_width;        // half width (m), least half width as a fraction of the distance

in vec4 p3d_Vertex;             // x: joint here, y: joint at the other end, z: side (-1 or 1), w: end (1 or -1)
in vec4 bone_color;             // display rgb, alpha
out vec4 color;
out float side;

void main() {
    vec3 here = (p3d_ModelMatrix * vec4(joints[int(p3d_Vertex.x + 0.5)].xyz, 1.0)).xyz;
    vec3 other = (p3d_ModelMatrix * vec4(joints[int(p3d_Vertex.y + 0.5)].xyz, 1.0)).xyz;
    vec3 to_eye = p3d_ViewMatrixInverse[3].xyz - here;
    vec3 along = (other - here) * p3d_Vertex.w;
    vec3 across = cross(along, to_eye);
    across /= max(length(across), 1e-6);
    float half_width = max(bone_width.x, bone_width.y * length(to_eye));
    // A little past the joint, so that limbs meet without a notch.
    vec3 past = along * (-0.7 * p3d_Vertex.w * half_width / max(length(along), 1e-6));
    color = bone_color;
    side = p3d_Vertex.z;
    gl_Position = p3d_ViewProjectionMatrix * vec4(here + across * (half_width * side) + past, 1.0);
}
