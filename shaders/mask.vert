#version 330
// What the lenses hide of one eye's picture: drawn first and nearest, so that nothing is shaded there.
uniform mat4 p3d_ProjectionMatrix;
uniform int mask_eye;           // 0 left, 1 right

in vec4 p3d_Vertex;             // on the plane one metre before the eye

void main() {
    gl_Position = p3d_ProjectionMatrix * vec4(p3d_Vertex.xy, -1.0, 1.0);
    gl_Position.z = -0.999 * gl_Position.w;
#ifdef EYE
    if (EYE != mask_eye) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
#endif
}
