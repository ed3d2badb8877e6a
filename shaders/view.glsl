// The eye, from the view matrix alone, so that one program serves any number of eyes.
uniform mat4 p3d_ViewMatrixInverse;

vec3 eye_position() {
    return p3d_ViewMatrixInverse[3].xyz;
}
